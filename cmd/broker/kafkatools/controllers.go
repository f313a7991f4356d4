package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// controllers asks the controllers of a cluster in place of its brokers: --bootstrap-controller (KIP-919). A broker that is asked so
// answers MISMATCHED_ENDPOINT_TYPE.
type controllers struct {
	seeds   *kgo.Client
	opts    []kgo.Opt // for further clients
	active  int32
	known   []kmsg.DescribeClusterResponseBroker // empty until find was successful
	clients map[int32]*kgo.Client
}

// errNoController says that a controller is not there yet, which passes.
var errNoController = errors.New("the controllers that answer do not know this one")

// controllerCalls are the calls of a Java admin client that controllers serve, as far as the tools make them.
func controllerCalls() []string {
	return []string{"listNodes", "describeConfigs", "incrementalAlterConfigs", "unregisterBroker"}
}

// prepare refuses a call that controllers do not serve, before anything is sent, and finds the controllers for one that they do.
func (c *controllers) prepare(ctx context.Context, call string) error {
	if !slices.Contains(controllerCalls(), call) {
		return newBrokerError(kerr.UnsupportedEndpointType, "This Admin API is not yet supported when communicating directly with the controller quorum.")
	}
	if len(c.known) > 0 {
		return nil
	}
	request := kmsg.NewPtrDescribeClusterRequest()
	request.EndpointType = 2
	var failures []error
	for _, seed := range c.seeds.SeedBrokers() {
		response, err := request.RequestWith(ctx, seed)
		if err == nil {
			err = topicError(response.ErrorCode, response.ErrorMessage)
		}
		if err == nil {
			c.active, c.known = response.ControllerID, response.Brokers
			return nil
		}
		failures = append(failures, err)
	}
	return failures[0]
}

// node returns a connection to a controller.
func (c *controllers) node(id int32) (kmsg.Requestor, error) {
	i := slices.IndexFunc(c.known, func(b kmsg.DescribeClusterResponseBroker) bool { return b.NodeID == id })
	if i < 0 {
		c.known = nil // the next attempt asks again
		return nil, fmt.Errorf("%w: %d", errNoController, id)
	}
	if c.clients[id] == nil {
		address := net.JoinHostPort(c.known[i].Host, strconv.Itoa(int(c.known[i].Port)))
		client, err := kgo.NewClient(append(slices.Clone(c.opts), kgo.SeedBrokers(address))...)
		if err != nil {
			return nil, err
		}
		c.clients[id] = client
	}
	return c.clients[id].SeedBrokers()[0], nil
}

func (c *controllers) close() {
	for _, client := range c.clients {
		client.Close()
	}
}

// anyNode stands for whichever node serves a request of the whole cluster.
const anyNode = ""

// target returns whom to ask in a call: the brokers, whose client finds the right one itself, or a controller by its id. anyNode is
// the active controller.
func (c *adminClient) target(node string) (kmsg.Requestor, error) {
	if c.controllers == nil {
		return c.kafka, nil
	}
	if node == anyNode {
		return c.controllers.node(c.controllers.active)
	}
	id, err := strconv.ParseInt(node, 10, 32)
	if err != nil {
		return nil, err
	}
	return c.controllers.node(int32(id))
}

// ask sends a request to a node: see target.
func ask[R any](ctx context.Context, c *adminClient, node string, request interface {
	RequestWith(ctx context.Context, r kmsg.Requestor) (R, error)
}) (response R, err error) {
	target, err := c.target(node)
	if err != nil {
		return response, err
	}
	return request.RequestWith(ctx, target)
}

// nodeIDs lists the brokers, or with --bootstrap-controller the controllers, by id.
func (c *adminClient) nodeIDs(ctx context.Context) ([]int32, error) {
	var ids []int32
	err := c.call(ctx, "listNodes", func(ctx context.Context) error {
		ids = nil
		if c.controllers != nil {
			for _, b := range c.controllers.known {
				ids = append(ids, b.NodeID)
			}
			slices.Sort(ids)
			return nil
		}
		metadata, err := c.BrokerMetadata(ctx)
		ids = metadata.Brokers.NodeIDs()
		return err
	})
	return ids, err
}
