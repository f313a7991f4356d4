// Package auth says who a client is and what it may do. Every handler asks the Authorizer; AllowAll, the default, is what
// Kafka does without an authorizer.
package auth

// Principal is an authenticated identity, "User:ANONYMOUS" on listeners without authentication.
type Principal struct {
	Type string
	Name string
}

// Anonymous is the principal of PLAINTEXT connections.
var Anonymous = Principal{Type: "User", Name: "ANONYMOUS"}

// String returns type:name as ACLs write it.
func (p Principal) String() string { return p.Type + ":" + p.Name }

// Operation is an ACL operation (org.apache.kafka.common.acl.AclOperation), with the codes of the protocol.
type Operation int8

// The operations that handlers ask for.
const (
	Read            Operation = 3
	Write           Operation = 4
	Create          Operation = 5
	Delete          Operation = 6
	Alter           Operation = 7
	Describe        Operation = 8
	ClusterAction   Operation = 9
	DescribeConfigs Operation = 10
	AlterConfigs    Operation = 11
	IdempotentWrite Operation = 12
)

// ResourceType is what an operation is done to (org.apache.kafka.common.resource.ResourceType).
type ResourceType int8

// The resource types that handlers ask about.
const (
	Topic           ResourceType = 2
	Group           ResourceType = 3
	Cluster         ResourceType = 4
	TransactionalID ResourceType = 5
)

// ClusterName is the name of the one Cluster resource.
const ClusterName = "kafka-cluster"

// Authorizer decides whether a principal may do something. It must answer quickly: it is asked on the hot path.
type Authorizer interface {
	// Allowed reports whether the operation on the named resource is allowed for the principal coming from host.
	Allowed(p Principal, host string, op Operation, t ResourceType, name string) bool
	// Enabled is false when there is no authorizer; ACL requests then answer SECURITY_DISABLED.
	Enabled() bool
}

// AllowAll is the Authorizer of a broker that has none.
type AllowAll struct{}

// Allowed answers true.
func (AllowAll) Allowed(Principal, string, Operation, ResourceType, string) bool { return true }

// Enabled answers false.
func (AllowAll) Enabled() bool { return false }

var _ Authorizer = AllowAll{}
