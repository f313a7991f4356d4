// Produces, is interrupted by a broker restart, produces on, and consumes everything in a group.
// Usage: node roundtrip.mjs BOOTSTRAP. Prints "checkpoint" and waits for a line on stdin where the test restarts the broker.
import { Kafka, logLevel } from 'kafkajs'
import readline from 'node:readline'

const [bootstrap] = process.argv.slice(2)
const kafka = new Kafka({
  clientId: 'kafkajs-e2e', brokers: [bootstrap], logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 100, retries: 50, maxRetryTime: 1000 },
})
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const checkpoint = async () => { console.log('checkpoint'); await lines.next() }
const check = (ok, what) => { if (!ok) { console.error('FAILED: ' + what); process.exit(1) } }

const topic = 'kafkajs'
const admin = kafka.admin()
await admin.connect()
check(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true }), 'createTopics')
check(!(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] })), 'creating a topic twice must answer false')
const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
check(metadata.topics[0].partitions.length === 3, 'three partitions')

const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
const send = (from, n) => producer.send({
  topic, acks: -1,
  messages: Array.from({ length: n }, (_, i) => ({ key: `k${(from + i) % 7}`, value: `value-${from + i}`, headers: { h: 'x' } })),
})
await send(0, 100)
await checkpoint()
await send(100, 100)

const seen = new Set()
const consumer = kafka.consumer({ groupId: 'kafkajs-group' })
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await new Promise((resolve, reject) => {
  consumer.on(consumer.events.CRASH, e => reject(e.payload.error))
  consumer.run({ eachMessage: async ({ message }) => { seen.add(message.value.toString()); if (seen.size === 200) resolve() } })
})
const groups = await admin.listGroups()
check(groups.groups.some(g => g.groupId === 'kafkajs-group'), 'the group is listed')
await consumer.disconnect()
const offsets = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
check(offsets[0].partitions.reduce((sum, p) => sum + Number(p.offset), 0) === 200, 'committed offsets add up to 200')
await admin.deleteTopics({ topics: [topic] })
await producer.disconnect()
await admin.disconnect()
console.log('ok')
process.exit(0)
