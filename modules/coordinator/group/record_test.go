package group

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

var testID = kafka.TopicID{0xee, 0x12, 0x34, 4: 0x41, 6: 0x4a, 8: 0x80, 15: 0xff}

// golden compares bytes with what Apache Kafka writes, and with what kmsg does.
func golden(t *testing.T, what string, got []byte, want string, other []byte) {
	t.Helper()
	if hex.EncodeToString(got) != want {
		t.Errorf("%s:\n got %x\nwant %s", what, got, want)
	}
	if other != nil && !bytes.Equal(got, other) {
		t.Errorf("%s:\n got %x\nkmsg %x", what, got, other)
	}
}

func TestOffsetRecordBytes(t *testing.T) {
	key := kmsg.OffsetCommitKey{Version: 1, Group: "g1", Topic: "orders", Partition: 5}
	golden(t, "key", encodeOffsetKey("g1", "orders", 5), "0001"+"00026731"+"00066f7264657273"+"00000005", key.AppendTo(nil))

	c := committed{offset: 42, leaderEpoch: 3, metadata: "meta", commitTime: 0x19000000000, expireTime: noTime, topicID: testID}
	value := kmsg.OffsetCommitValue{Version: 4, Offset: 42, LeaderEpoch: 3, Metadata: "meta", CommitTimestamp: 0x19000000000, TopicID: testID}
	golden(t, "value 4", encodeOffset(c), "0004"+"000000000000002a"+"00000003"+"056d657461"+"0000019000000000"+
		"01"+"0010"+hex.EncodeToString(testID[:]), value.AppendTo(nil))

	c.topicID = kafka.TopicID{}
	golden(t, "value 4 without id", encodeOffset(c), "0004"+"000000000000002a"+"00000003"+"056d657461"+"0000019000000000"+"00", nil)

	c.expireTime = 0x19000000001
	value = kmsg.OffsetCommitValue{Version: 1, Offset: 42, Metadata: "meta", CommitTimestamp: 0x19000000000, ExpireTimestamp: 0x19000000001}
	golden(t, "value 1", encodeOffset(c), "0001"+"000000000000002a"+"00046d657461"+"0000019000000000"+"0000019000000001", value.AppendTo(nil))
}

// Every version that some release of Kafka has written is readable.
func TestReadsAllOffsetVersions(t *testing.T) {
	for version := range int16(5) {
		v := kmsg.OffsetCommitValue{Version: version, Offset: 7, LeaderEpoch: 2, Metadata: "m", CommitTimestamp: 11, ExpireTimestamp: 13, TopicID: testID}
		want := committed{offset: 7, leaderEpoch: -1, metadata: "m", commitTime: 11, expireTime: noTime}
		switch version {
		case 1:
			want.expireTime = 13
		case 3:
			want.leaderEpoch = 2
		case 4:
			want.leaderEpoch, want.topicID = 2, testID
		}
		got, err := decodeOffset(v.AppendTo(nil))
		if err != nil || got != want {
			t.Errorf("version %d: got %+v, %v; want %+v", version, got, err, want)
		}
	}
}

func testGroup() *group {
	g := newGroup("g1")
	instance, name := "i1", "range"
	g.add(&member{id: "c-1", clientID: "c", clientHost: "/127.0.0.1", rebalanceTimeout: 5 * time.Minute, sessionTimeout: 45 * time.Second,
		protocolType: "consumer", protocols: []protocol{{"range", subscriptionTo("orders")}}, assignment: []byte{1, 2}})
	g.add(&member{id: "i1-2", instance: &instance, clientID: "d", clientHost: "/::1", rebalanceTimeout: time.Minute, sessionTimeout: 6 * time.Second,
		protocolType: "consumer", protocols: []protocol{{"range", subscriptionTo("payments")}}, assignment: []byte{3}})
	g.generation, g.protocol, g.stateTime = 9, &name, 0x19000000000
	g.state, g.previous = Stable, CompletingRebalance
	g.subscribe()
	return g
}

func subscriptionTo(topics ...string) []byte {
	return (&kmsg.ConsumerMemberMetadata{Version: 1, Topics: topics}).AppendTo(nil)
}

func kmsgGroup(version int16) *kmsg.GroupMetadataValue {
	instance := "i1"
	return &kmsg.GroupMetadataValue{Version: version, ProtocolType: "consumer", Generation: 9, Protocol: kmsg.StringPtr("range"),
		Leader: kmsg.StringPtr("c-1"), CurrentStateTimestamp: 0x19000000000, Members: []kmsg.GroupMetadataValueMember{
			{MemberID: "c-1", ClientID: "c", ClientHost: "/127.0.0.1", RebalanceTimeoutMillis: 300000, SessionTimeoutMillis: 45000,
				Subscription: subscriptionTo("orders"), Assignment: []byte{1, 2}},
			{MemberID: "i1-2", InstanceID: &instance, ClientID: "d", ClientHost: "/::1", RebalanceTimeoutMillis: 60000, SessionTimeoutMillis: 6000,
				Subscription: subscriptionTo("payments"), Assignment: []byte{3}},
		}}
}

func TestGroupRecordBytes(t *testing.T) {
	key := kmsg.GroupMetadataKey{Version: 2, Group: "g1"}
	golden(t, "key", encodeGroupKey("g1"), "0002"+"00026731", key.AppendTo(nil))

	created := newGroup("g1")
	created.stateTime = 0x19000000000
	golden(t, "new group", encodeGroup(created, nil), "0003"+"0000"+"00000000"+"ffff"+"ffff"+"0000019000000000"+"00000000",
		(&kmsg.GroupMetadataValue{Version: 3, CurrentStateTimestamp: 0x19000000000}).AppendTo(nil))

	if got, want := encodeGroup(testGroup(), nil), kmsgGroup(3).AppendTo(nil); !bytes.Equal(got, want) {
		t.Errorf("group:\n got %x\nkmsg %x", got, want)
	}
	assigned := map[string][]byte{"i1-2": {7, 7}}
	value := kmsgGroup(3)
	value.Members[0].Assignment, value.Members[1].Assignment = nil, []byte{7, 7}
	if got, want := encodeGroup(testGroup(), assigned), value.AppendTo(nil); !bytes.Equal(got, want) {
		t.Errorf("assigned group:\n got %x\nkmsg %x", got, want)
	}
}

func TestReadsAllGroupVersions(t *testing.T) {
	for version := range int16(5) {
		want := testGroup()
		if version < 3 {
			want.members[1].instance = nil
			clear(want.static)
		}
		if version < 2 {
			want.stateTime = noTime
		}
		if version < 1 {
			for _, m := range want.members {
				m.rebalanceTimeout = m.sessionTimeout
			}
		}
		got, err := decodeGroup("g1", kmsgGroup(version).AppendTo(nil))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("version %d: got %+v, %v; want %+v", version, got, err, want)
		}
	}
}

func TestMalformedRecords(t *testing.T) {
	for name, err := range map[string]error{
		"offset version": second(decodeOffset([]byte{0, 5})),
		"group version":  second(decodeGroup("g", []byte{0, 9})),
		"short offset":   second(decodeOffset(encodeOffset(noOffset)[:9])),
		"short group":    second(decodeGroup("g", encodeGroup(testGroup(), nil)[:40])),
		"twice":          second(decodeGroup("g", twice())),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, key := range [][]byte{nil, {0}, {0, 1, 0, 9}, {0, 2, 0xff, 0xf0}} {
		if _, _, err := decodeKey(key); err == nil {
			t.Errorf("key %x: no error", key)
		}
	}
	if _, known, err := decodeKey([]byte{0, 3, 1}); known || err != nil {
		t.Errorf("a key of another protocol: known %v, %v", known, err)
	}
}

func second[T any](_ T, err error) error { return err }

func twice() []byte {
	v := kmsgGroup(3)
	v.Members[1] = v.Members[0]
	return v.AppendTo(nil)
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeOffsetKey("g", "t", 1), encodeOffset(noOffset))
	f.Add(encodeGroupKey("g"), encodeGroup(testGroup(), nil))
	f.Add(encodeGroupKey("g"), kmsgGroup(4).AppendTo(nil))
	f.Add([]byte{0, 2, 0, 1, 'g'}, []byte{0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 7})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if _, _, err := decodeKey(key); err != nil {
			return
		}
		if c, err := decodeOffset(value); err == nil && c.expireTime == noTime {
			if again, err := decodeOffset(encodeOffset(c)); err != nil || again != c {
				t.Errorf("%+v became %+v, %v", c, again, err)
			}
		}
		if g, err := decodeGroup("g", value); err == nil {
			if _, err := decodeGroup("g", encodeGroup(g, nil)); err != nil && !hasLongString(g) {
				t.Errorf("an encoded group does not decode: %v", err)
			}
		}
	})
}

// hasLongString reports whether a group came from compact strings that the version which is written cannot hold.
func hasLongString(g *group) bool {
	long := tooLong(g.protocolType, g.leader, orEmpty(g.protocol))
	for _, m := range g.members {
		long = long || tooLong(m.id, orEmpty(m.instance), m.clientID, m.clientHost)
	}
	return long
}
