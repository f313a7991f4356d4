package kafkatools_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// newFakeController is a cluster whose only node says that it is the active controller, 0.
func newFakeController(t *testing.T) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	addr := cluster.ListenAddrs()[0]
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	cluster.ControlKey(int16(kmsg.DescribeCluster), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked := request.(*kmsg.DescribeClusterRequest)
		response := asked.ResponseKind().(*kmsg.DescribeClusterResponse)
		if asked.EndpointType != 2 {
			t.Errorf("endpoint type %d was asked", asked.EndpointType)
		}
		response.ClusterID, response.ControllerID, response.EndpointType = "fake-cluster", 0, 2
		controller := kmsg.NewDescribeClusterResponseBroker()
		controller.NodeID, controller.Host, controller.Port = 0, host, int32(number)
		response.Brokers = append(response.Brokers, controller)
		return response, nil, true
	})
	return addr
}

func TestBootstrapController(t *testing.T) {
	addr := newFakeController(t)
	if got := mustRun(t, "", "kafka-cluster", "cluster-id", "-C", addr).Stdout; got != "Cluster ID: fake-cluster\n" {
		t.Errorf("%q", got)
	}
	endpoints := mustRun(t, "", "kafka-cluster", "list-endpoints", "--bootstrap-controller", addr).Stdout
	if words := strings.Fields(endpoints); strings.Join(words[:5], " ") != "ID HOST PORT RACK ENDPOINT_TYPE" || words[5] != "0" || words[9] != "controller" {
		t.Errorf("%s", endpoints)
	}
	all := mustRun(t, "", "kafka-configs", "--bootstrap-controller", addr, "--describe", "--entity-type", "brokers").Stdout
	if !strings.Contains(all, "Dynamic configs for broker 0 are:\n") || !strings.Contains(all, "Default configs for brokers in the cluster are:\n") {
		t.Errorf("%s", all)
	}
	// What controllers do not serve is refused before anything is sent: nothing listens there.
	got := run(t.Context(), strings.Fields("kafka-configs --bootstrap-controller 127.0.0.1:1 --describe --user u"), "")
	const refused = "UnsupportedEndpointTypeException: This Admin API is not yet supported when communicating directly with the controller quorum."
	if got.Exit != 1 || !strings.Contains(got.Stderr, refused) {
		t.Errorf("exit %d: %s", got.Exit, got.Stderr)
	}
}
