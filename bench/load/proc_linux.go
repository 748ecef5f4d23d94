package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of processor time in /proc: USER_HZ is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Usage is what a process and all its descendants have used.
type Usage struct {
	At      time.Time
	CPU     time.Duration // children that have ended included
	RSS     int64         // bytes of resident memory
	Sockets int           // open ones
}

// usageOf reads /proc (proc(5)) for a process and its descendants.
func usageOf(pid int) (Usage, error) {
	all, err := processes()
	if err != nil {
		return Usage{}, err
	}
	if _, ok := all[pid]; !ok {
		return Usage{}, fmt.Errorf("load: process %d has ended", pid)
	}
	u := Usage{At: time.Now()}
	for id, p := range all {
		if !descends(all, id, pid) {
			continue
		}
		u.CPU += p.cpu
		u.RSS += p.rss
		u.Sockets += sockets(id)
	}
	return u, nil
}

type process struct {
	parent int
	cpu    time.Duration
	rss    int64
}

func descends(all map[int]process, id, ancestor int) bool {
	for range len(all) { // a process that moved while we read must not make a circle
		if id == ancestor {
			return true
		}
		p, ok := all[id]
		if !ok || p.parent == 0 {
			return false
		}
		id = p.parent
	}
	return false
}

func processes() (map[int]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, name := range files {
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		if p, ok := parseStat(string(stat)); ok {
			all[id] = p
		}
	}
	return all, nil
}

// parseStat reads a line of /proc/PID/stat. The name in parentheses may hold anything.
func parseStat(line string) (p process, ok bool) {
	end := strings.LastIndexByte(line, ')')
	if end < 0 {
		return p, false
	}
	f := strings.Fields(line[end+1:])
	const parent, utime, cstime, rss = 1, 11, 14, 21 // fields after the name
	if len(f) <= rss {
		return p, false
	}
	p.parent, _ = strconv.Atoi(f[parent])
	for i := utime; i <= cstime; i++ { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(f[i], 10, 64)
		p.cpu += time.Duration(n) * clockTick
	}
	pages, _ := strconv.ParseInt(f[rss], 10, 64)
	p.rss = pages * int64(os.Getpagesize())
	return p, true
}

func sockets(pid int) (n int) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, e := range list {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
