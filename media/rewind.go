package media

// A voice that was paused goes on from the word that was cut.
const (
	rewindSamples = 400 * LineRate / 1000
	rewindStep    = LineRate / 100 // 10 ms
	// Between words a voice is this much quieter than on the whole: at once when very quiet, else the quietest moment when clearly quieter. A voice
	// without such moments goes on from the very sample.
	rewindVeryQuiet, rewindQuiet = 1.0 / 16, 1.0 / 4
)

// remember keeps what was just played of u.
func (p *Playout) remember(u *Utterance, pcm []int16) {
	if p.recentOf != u {
		p.recentOf, p.recentN = u, 0
	}
	for _, s := range pcm {
		p.recent[p.recentAt] = s
		p.recentAt = (p.recentAt + 1) % rewindSamples
	}
	p.recentN = min(p.recentN+len(pcm), rewindSamples)
}

// rewind puts the sound since the last moment between two words back in front of the queue.
func (p *Playout) rewind() {
	if len(p.queue) == 0 || p.recentOf != p.queue[0] {
		return
	}
	steps := p.recentN / rewindStep
	var power [rewindSamples / rewindStep]float64 // of 10 ms each, the newest first
	whole := 0.0
	for i := range steps {
		for k := range rewindStep {
			s := float64(p.played(i*rewindStep + k))
			power[i] += s * s
		}
		whole += power[i] / float64(max(1, steps))
	}
	back, least := 0, rewindQuiet*whole
	for i := range steps {
		if power[i] >= least {
			continue
		}
		back, least = i, power[i]
		if power[i] < rewindVeryQuiet*whole {
			break
		}
	}
	n := back * rewindStep
	if n == 0 {
		return
	}
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[n-1-i] = p.played(i)
	}
	p.queue[0].putBack(pcm)
	p.queued += n
	p.recentN -= n
	p.recentAt = (p.recentAt - n + rewindSamples) % rewindSamples
}

// played is the sample that was played ago samples before the last one.
func (p *Playout) played(ago int) int16 {
	return p.recent[(p.recentAt-1-ago+2*rewindSamples)%rewindSamples]
}

// putBack puts samples that were taken in front of what is left.
func (u *Utterance) putBack(pcm []int16) {
	left := u.chunks[u.head:]
	chunks := append(make([][]int16, 0, len(left)+1), pcm)
	if len(left) > 0 {
		chunks = append(append(chunks, left[0][u.offset:]), left[1:]...)
	}
	u.chunks, u.head, u.offset = chunks, 0, 0
	u.waiting += len(pcm)
	u.played -= len(pcm)
}
