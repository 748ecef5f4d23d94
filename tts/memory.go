package tts

import (
	"container/list"
	"sync"
)

// memory keeps the sentences said last, up to limit bytes.
type memory struct {
	limit int64

	mu    sync.Mutex
	used  int64
	order list.List // newest first, of *kept
	byKey map[key]*list.Element
}

type kept struct {
	key key
	pcm []int16
}

func size(pcm []int16) int64 { return 2 * int64(len(pcm)) }

func (m *memory) get(k key) ([]int16, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.byKey[k]
	if !ok {
		return nil, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*kept).pcm, true
}

func (m *memory) put(k key, pcm []int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.byKey[k]; ok || size(pcm) > m.limit {
		return
	}
	if m.byKey == nil {
		m.byKey = map[key]*list.Element{}
	}
	m.byKey[k] = m.order.PushFront(&kept{k, pcm})
	m.used += size(pcm)
	for m.used > m.limit {
		oldest := m.order.Remove(m.order.Back()).(*kept)
		delete(m.byKey, oldest.key)
		m.used -= size(oldest.pcm)
	}
}
