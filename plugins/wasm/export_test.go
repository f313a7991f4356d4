package wasm

// HoldTurns takes all turns of an engine, so that calls have to wait, until the returned function is called.
func HoldTurns(e *Engine) (release func()) {
	for range cap(e.turns) {
		e.turns <- struct{}{}
	}
	return func() {
		for range cap(e.turns) {
			<-e.turns
		}
	}
}
