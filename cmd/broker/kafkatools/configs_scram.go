package kafkatools

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Bounds of Kafka on the iterations of a SCRAM credential.
const (
	minScramIterations = 4096
	maxScramIterations = 16384
)

func isScram(name string) bool { return name == "SCRAM-SHA-256" || name == "SCRAM-SHA-512" }

// scramMechanism is the number of a mechanism on the wire.
func scramMechanism(name string) int8 {
	if name == "SCRAM-SHA-512" {
		return 2
	}
	return 1
}

// newScramCredential reads "iterations=N,password=P". The password itself never leaves the tool, only its salted hash.
func newScramCredential(user string, pair configPair) (kmsg.AlterUserSCRAMCredentialsRequestUpsertion, error) {
	credential := kmsg.NewAlterUserSCRAMCredentialsRequestUpsertion()
	parts := regexp.MustCompile(`^(?:iterations=(-?[0-9]*),)?password=(.*)$`).FindStringSubmatch(pair.value)
	if parts == nil {
		return credential, fmt.Errorf("Invalid credential property SCRAM-SHA-256 or SCRAM-SHA-512: %s", pair.name)
	}
	iterations := int64(minScramIterations)
	if parts[1] != "" && parts[1] != "-1" {
		n, err := strconv.ParseInt(parts[1], 10, 32)
		if err != nil {
			return credential, fmt.Errorf("For input string: %q", parts[1])
		}
		iterations = n
	}
	switch {
	case iterations < minScramIterations:
		return credential, fmt.Errorf("Iterations %d is less than the minimum %d required for %s", iterations, minScramIterations, pair.name)
	case iterations > maxScramIterations:
		return credential, fmt.Errorf("Iterations %d is greater than the maximum %d allowed for %s", iterations, maxScramIterations, pair.name)
	}
	credential.Name, credential.Mechanism, credential.Iterations = user, scramMechanism(pair.name), int32(iterations)
	credential.Salt = []byte(rand.Text())
	var err error
	if pair.name == "SCRAM-SHA-512" {
		credential.SaltedPassword, err = pbkdf2.Key(sha512.New, parts[2], credential.Salt, int(iterations), sha512.Size)
	} else {
		credential.SaltedPassword, err = pbkdf2.Key(sha256.New, parts[2], credential.Salt, int(iterations), sha256.Size)
	}
	return credential, err
}

func (c *configsCommand) alterScram(ctx context.Context, user string, changes configChanges) error {
	request := kmsg.NewPtrAlterUserSCRAMCredentialsRequest()
	for _, pair := range changes.set {
		credential, err := newScramCredential(user, pair)
		if err != nil {
			return err
		}
		request.Upsertions = append(request.Upsertions, credential)
	}
	for _, name := range changes.remove {
		request.Deletions = append(request.Deletions, kmsg.AlterUserSCRAMCredentialsRequestDeletion{Name: user, Mechanism: scramMechanism(name)})
	}
	err := c.admin.call(ctx, "alterUserScramCredentials", func(ctx context.Context) error {
		response, err := request.RequestWith(ctx, c.admin.kafka)
		if err != nil {
			return err
		}
		for _, r := range response.Results {
			if err := topicError(r.ErrorCode, r.ErrorMessage); err != nil {
				return err
			}
		}
		return nil
	})
	return futureFailure(err)
}

// describeScram prints the credentials of users, of all when there are none. Users without any are left out.
func (c *configsCommand) describeScram(ctx context.Context, users []string) error {
	var described kadm.DescribedUserSCRAMs
	err := c.admin.call(ctx, "describeUserScramCredentials", func(ctx context.Context) (err error) {
		described, err = c.admin.DescribeUserSCRAMs(ctx, users...)
		return err
	})
	if err != nil {
		return futureFailure(err)
	}
	for _, user := range described.Sorted() {
		if errors.Is(user.Err, kerr.ResourceNotFound) {
			continue
		}
		if user.Err != nil {
			reason := javaString(newBrokerError(user.Err, user.ErrMessage))
			c.std.printf("Error retrieving SCRAM credential configs for user-principal '%s': %s\n", user.User, strings.TrimPrefix(reason, "org.apache.kafka.common.errors."))
			continue
		}
		var infos []string
		for _, info := range user.CredInfos {
			infos = append(infos, fmt.Sprintf("SCRAM-SHA-%d=iterations=%d", 256*int(info.Mechanism), info.Iterations))
		}
		c.std.printf("SCRAM credential configs for user-principal '%s' are %s\n", user.User, strings.Join(infos, ", "))
	}
	return nil
}
