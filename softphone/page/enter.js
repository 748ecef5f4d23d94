// The secret of a link stands behind the # of its address: it is in no log, and who only looks at the link (a mail scanner, a preview) uses
// nothing up.
const problem = document.getElementById('problem');

document.getElementById('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  problem.hidden = true;
  try {
    const answer = await fetch('/telephone/entrer', { method: 'POST', body: new URLSearchParams({ jeton: location.hash.slice(1) }) });
    if (answer.ok) {
      location.replace('/telephone');
      return;
    }
    problem.textContent = (await answer.json()).text;
  } catch {
    problem.textContent = 'Le service ne répond pas. Réessayez dans un instant.';
  }
  problem.hidden = false;
});
