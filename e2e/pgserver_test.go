package e2e

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// ownPostgres is a PostgreSQL server that one test stops and starts.
type ownPostgres struct {
	t        *testing.T
	bin, dir string
	url      string
	as       *syscall.Credential // PostgreSQL refuses to run as root
}

// postgresServer starts a server in a folder of its own; it listens on a socket there and on no port.
func postgresServer(t *testing.T) *ownPostgres {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("PostgreSQL is missing: run make setup-test")
		}
		t.Skip("PostgreSQL is missing: run make setup-test")
	}
	dir, err := os.MkdirTemp("", "acotel-pg-") // a short name: it is a socket's, too
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &ownPostgres{t: t, bin: filepath.Dir(found[len(found)-1]), dir: dir, url: "postgres://acotel@/postgres?host=" + dir}
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil { //nolint:gosec // 32 bits
			t.Fatal(err)
		}
	}
	p.run("initdb", "-D", dir+"/data", "-U", "acotel", "-A", "trust", "--locale", "C.UTF-8", "--no-sync")
	p.start()
	t.Cleanup(func() { p.command("pg_ctl", "-D", dir+"/data", "-m", "immediate", "-w", "stop").Run() }) //nolint:errcheck // it may be stopped already
	return p
}

func (p *ownPostgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return cmd
}

func (p *ownPostgres) run(name string, args ...string) {
	p.t.Helper()
	out, err := os.Create(p.dir + "/out") // a pipe would be kept open by the server
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Close()
	cmd := p.command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(p.dir + "/out")
		p.t.Fatalf("%s: %v\n%s", name, err, text)
	}
}

func (p *ownPostgres) start() {
	p.t.Helper()
	p.run("pg_ctl", "-D", p.dir+"/data", "-w", "-l", p.dir+"/data/log", "-o", "-k '"+p.dir+"' -c listen_addresses='' -c fsync=off", "start")
}

// stop ends the server at once, as a crash of its machine would.
func (p *ownPostgres) stop() {
	p.t.Helper()
	p.run("pg_ctl", "-D", p.dir+"/data", "-m", "immediate", "-w", "stop")
}
