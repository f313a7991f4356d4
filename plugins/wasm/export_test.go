package wasm

// HoldTurns takes all turns of an engine, so that calls have to wait, until the returned function is called.
func HoldTurns(e *Engine) (release func()) {
	n := cap(e.turns.slots)
	for range n {
		e.turns.slots <- struct{}{}
	}
	return func() {
		for range n {
			e.turns.give()
		}
	}
}

// MemoryInUse is what the memories of all instances take, in bytes.
func MemoryInUse(e *Engine) int64 { return e.memory.used.Load() }

// Running is how many calls have a turn.
func Running(e *Engine) int { return len(e.turns.slots) }
