package handler

// Produce (key 0), versions 3 to 13. Appends one batch per partition and answers when as many replicas have it as acks
// asks for. Version 7 brought zstd, 8 errors per record (KIP-467), 9 flexible encoding, 10 the current leader (KIP-951),
// 13 topic ids (KIP-516). Record bytes are checked and appended where they lie in the request; nothing is copied.

import (
	"errors"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// adminClientID is the client id whose writes to Kafka's internal topics Kafka accepts. What runs as a plugin comes by
// deployment alone, so nobody writes to PluginsTopic.
const adminClientID = "__admin_client"

// zstdSince is the Produce version that brought zstd: a batch in an older request can't be meant seriously.
const zstdSince = 7

// produceCall is the state of one Produce request. It is kept for later requests.
type produceCall struct {
	request wire.ProduceRequest
	topics  []*partition.Topic // of the request, in order; nil when unknown
	answers []produceAnswer    // of the request's partitions, in order
	seen    map[*partition.Partition]struct{}
	refused error // why no partition is written to
	waiter  *purgatory.Waiter
}

// produceAnswer is what became of one partition of a request.
type produceAnswer struct {
	wire.ProduceResult
	repeated  bool                 // the request names the partition twice: the first one counts
	partition *partition.Partition // set when the answer waits for replication of last
	last      int64
}

// maxProducePartitions is more partitions than any client puts into one request. Beyond it a request of a few megabytes
// would make the broker allocate gigabytes for its answer.
const maxProducePartitions = 1 << 16

// keptAnswers bounds what a produceCall keeps for later requests.
const keptAnswers = 1 << 12

func (h *Handlers) freeProduce(s *produceCall) {
	if cap(s.answers) > keptAnswers || cap(s.topics) > keptAnswers {
		return
	}
	s.request, s.refused = wire.ProduceRequest{}, nil
	clear(s.topics)
	clear(s.answers)
	clear(s.seen)
	s.topics, s.answers = s.topics[:0], s.answers[:0]
	h.produceCalls.Put(s)
}

func (h *Handlers) produce(c *api.Call) {
	s, _ := h.produceCalls.Get().(*produceCall)
	if s == nil {
		s = &produceCall{waiter: purgatory.NewWaiter()}
	}
	defer h.freeProduce(s)
	if s.request.Decode(c.Version, c.Body) != nil || max(s.request.TopicCount, s.request.PartitionCount) > maxProducePartitions {
		c.Response.None, c.Response.Close = true, true
		return
	}
	s.refused = h.refuseProduce(c, &s.request)
	waiting := false
	for q := &s.request; q.NextTopic(); {
		topic := h.produceTopic(c, q)
		s.topics = append(s.topics, topic)
		for q.NextPartition() {
			s.answers = append(s.answers, produceAnswer{})
			a := &s.answers[len(s.answers)-1]
			h.produceTo(c, s, topic, a)
			waiting = waiting || a.partition != nil
		}
	}
	if waiting {
		h.awaitReplication(c, s)
	}
	h.answerProduce(c, s)
}

// refuseProduce finds what makes Kafka refuse all partitions of a request: a batch header that can't be one, or a
// transactional batch without a transaction behind it.
func (h *Handlers) refuseProduce(c *api.Call, q *wire.ProduceRequest) error {
	defer q.Rewind()
	for q.NextTopic() {
		for q.NextPartition() {
			batch, err := record.Single(q.Records)
			switch {
			case errors.Is(err, record.ErrUnreadable):
				return err
			case err != nil:
				continue
			}
			if header := batch.Header(); !header.IsTransactional() {
				continue
			}
			if q.TransactionalID == nil || !h.allowed(c, auth.Write, auth.TransactionalID, string(q.TransactionalID)) {
				return kafka.TransactionalIDAuthorizationFailed
			}
			// There is no transaction coordinator: no transactional id is known.
			return kafka.InvalidProducerIDMapping
		}
	}
	return nil
}

// produceTopic finds the topic that the request is at, or returns nil.
func (h *Handlers) produceTopic(c *api.Call, q *wire.ProduceRequest) *partition.Topic {
	if c.Version >= topicIDsInProduce {
		return h.Partitions.TopicByID(q.TopicID)
	}
	return h.Partitions.Topic(q.Topic)
}

const topicIDsInProduce = 13

// produceTo appends the batch that the request is at and fills in the answer.
func (h *Handlers) produceTo(c *api.Call, s *produceCall, topic *partition.Topic, a *produceAnswer) {
	q := &s.request
	a.ProduceResult = wire.ProduceResult{Partition: q.Partition, BaseOffset: -1, LogAppendTimeMs: -1, LogStartOffset: -1}
	p, err := h.produceTarget(c, s, topic)
	if err != nil {
		a.fail(err)
		return
	}
	if a.repeated = s.repeated(p); a.repeated {
		return
	}
	result, err := p.AppendAsLeader(q.Records, partition.AppendOptions{Acks: q.Acks, LeaderEpoch: kafka.NoEpoch, ClientID: c.ClientID})
	if err != nil {
		h.Partitions.Traffic.FailedProduce.Inc()
		a.fail(err)
		a.setRecordErrors(result.RecordErrors)
		if foundInLog(a.ErrorCode) {
			a.LogStartOffset = p.LogStartOffset()
		}
		return
	}
	a.BaseOffset, a.LogAppendTimeMs, a.LogStartOffset = result.BaseOffset, result.LogAppendTime, p.LogStartOffset()
	if q.Acks == -1 {
		if done, err := p.Replicated(result.LastOffset); !done {
			a.partition, a.last = p, result.LastOffset
		} else if err != nil {
			a.fail(err)
		}
	}
}

// produceTarget returns the partition to append to, after everything that Kafka checks before it looks at the log.
func (h *Handlers) produceTarget(c *api.Call, s *produceCall, topic *partition.Topic) (*partition.Partition, error) {
	q := &s.request
	byID := c.Version >= topicIDsInProduce
	switch {
	case s.refused != nil:
		return nil, s.refused
	case byID && topic == nil:
		return nil, kafka.UnknownTopicID
	case h.Authorizer.Enabled() && !h.allowed(c, auth.Write, auth.Topic, topicName(topic, q.Topic)):
		return nil, kafka.TopicAuthorizationFailed
	}
	p, err := topic.Partition(q.Partition)
	if err != nil {
		return nil, err
	}
	batch, err := record.Single(q.Records)
	switch {
	case err != nil:
		return nil, err
	case c.Version < zstdSince && batch.Codec() == record.Zstd:
		return nil, kafka.UnsupportedCompressionType
	case q.Acks < -1 || q.Acks > 1:
		return nil, kafka.InvalidRequiredAcks
	case topic.Internal && (c.ClientID != adminClientID || topic.Name == kafka.PluginsTopic):
		return nil, kafka.InvalidTopicException
	}
	return p, nil
}

// topicName returns the name of a topic that may be unknown.
func topicName(t *partition.Topic, requested []byte) string {
	if t == nil {
		return string(requested)
	}
	return t.Name
}

// repeated reports whether the request was at a partition before: Kafka appends and answers it once.
func (s *produceCall) repeated(p *partition.Partition) bool {
	if s.request.PartitionCount == 1 {
		return false
	}
	if _, ok := s.seen[p]; ok {
		return true
	}
	if s.seen == nil {
		s.seen = make(map[*partition.Partition]struct{})
	}
	s.seen[p] = struct{}{}
	return false
}
