package registry

// Loaded waits until what Start began has ended.
func (r *Registry) Loaded() { r.work.Wait() }
