package tts

// Usage is what the caches of a Speaker hold, in bytes.
type Usage struct{ Memory, Disk int64 }

// Usage may be asked for at any moment.
func (s *Speaker) Usage() Usage {
	s.memory.mu.Lock()
	u := Usage{Memory: s.memory.used}
	s.memory.mu.Unlock()
	if s.disk != nil {
		s.disk.mu.Lock()
		u.Disk = s.disk.used
		s.disk.mu.Unlock()
	}
	return u
}
