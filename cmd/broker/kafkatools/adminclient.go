package kafkatools

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Pauses between attempts to reach a cluster that does not answer yet; Java's reconnect.backoff.ms and
// reconnect.backoff.max.ms are of this size.
const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// adminClient asks a cluster for one tool. It makes no request of its own: one connection, and the requests of the calls.
type adminClient struct {
	*kadm.Client
	kafka   *kgo.Client
	timeout time.Duration
}

// newAdminClient opens nothing yet: the first call connects. timeout 0 takes default.api.timeout.ms.
func newAdminClient(props Properties, timeout time.Duration) (*adminClient, error) {
	if timeout == 0 {
		var err error
		if timeout, err = props.APITimeout(); err != nil {
			return nil, err
		}
	}
	opts, err := props.ClientOptions()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts, kgo.RetryTimeout(timeout), kgo.MetadataMinAge(10*time.Millisecond))...)
	if err != nil {
		return nil, err
	}
	admin := kadm.NewClient(client)
	admin.SetTimeoutMillis(int32(min(timeout, time.Minute).Milliseconds()))
	return &adminClient{Client: admin, kafka: client, timeout: timeout}, nil
}

// call runs do until it ends in something other than a cluster that can't be reached, or whose coordinators are still on their way, or
// until the time limit is over: scripts start a broker and a tool together, and Java's admin client waits for the broker. name
// is Java's name for the call.
func (c *adminClient) call(ctx context.Context, name string, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		err := do(limited)
		if err == nil || !isUnreachable(err) && !isCoordinatorAway(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limited.Done():
			return &timeoutError{call: name, cause: err}
		case <-time.After(pause):
		}
	}
}

// clientFiles returns the properties of --command-config with bootstrap.servers set.
func (c *commandLine) clientFiles() (Properties, error) {
	props := Properties{}
	if path := c.value("command-config"); path != "" {
		loaded, err := LoadProperties(path)
		if err != nil {
			return nil, err
		}
		props = loaded
	}
	if servers := c.value("bootstrap-server"); servers != "" {
		props["bootstrap.servers"] = servers
	}
	return props, nil
}
