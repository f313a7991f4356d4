package segment

import "context"

type cleanState struct{}

func (e *Engine) cleaner(ctx context.Context) { <-ctx.Done() }
