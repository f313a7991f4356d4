package kafkatools

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
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
	kafka       *kgo.Client
	controllers *controllers // of --bootstrap-controller, nil without
	timeout     time.Duration
}

// newAdminClient opens nothing yet: the first call connects. timeout 0 takes default.api.timeout.ms.
func newAdminClient(props Properties, timeout time.Duration) (*adminClient, error) {
	if timeout == 0 {
		var err error
		if timeout, err = props.APITimeout(); err != nil {
			return nil, err
		}
	}
	list, askControllers := props["bootstrap.controllers"]
	if askControllers {
		props = props.merge(Properties{"bootstrap.servers": list})
	}
	opts, err := props.ClientOptions()
	if err != nil {
		return nil, err
	}
	opts = append(opts, kgo.RetryTimeout(timeout), kgo.MetadataMinAge(10*time.Millisecond))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, err
	}
	admin := &adminClient{Client: kadm.NewClient(client), kafka: client, timeout: timeout}
	admin.SetTimeoutMillis(int32(min(timeout, time.Minute).Milliseconds()))
	if askControllers {
		admin.controllers = &controllers{seeds: client, opts: opts, clients: map[int32]*kgo.Client{}}
	}
	return admin, nil
}

// Close ends all connections.
func (c *adminClient) Close() {
	c.Client.Close()
	if c.controllers != nil {
		c.controllers.close()
	}
}

// call runs do until it ends in something other than a cluster that can't be reached, or whose coordinators are still on their way, or
// until the time limit is over: scripts start a broker and a tool together, and Java's admin client waits for the broker. name
// is Java's name for the call.
func (c *adminClient) call(ctx context.Context, name string, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		err := c.attempt(limited, name, do)
		if err == nil || !isUnreachable(err) && !isCoordinatorAway(err) && !errors.Is(err, errNoController) {
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

func (c *adminClient) attempt(ctx context.Context, name string, do func(context.Context) error) error {
	if c.controllers != nil {
		if err := c.controllers.prepare(ctx, name); err != nil {
			return err
		}
	}
	err := do(ctx)
	if isTooOld(err) {
		return newBrokerError(kerr.UnsupportedVersion, "The node does not support "+constantCase(name))
	}
	return err
}

// clientFiles returns the properties of --command-config with bootstrap.servers or bootstrap.controllers set.
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
	if controllers := c.value("bootstrap-controller"); controllers != "" {
		props["bootstrap.controllers"] = controllers
	}
	return props, nil
}
