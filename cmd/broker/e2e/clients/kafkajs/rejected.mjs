// Sends one record that a plugin rejects and prints what kafkajs says. Usage: node rejected.mjs ADDR TOPIC VALUE
import { Kafka, logLevel } from 'kafkajs'

const [addr, topic, value] = process.argv.slice(2)
const producer = new Kafka({ brokers: [addr], logLevel: logLevel.NOTHING }).producer({ retry: { retries: 0 } })
await producer.connect()
try {
  await producer.send({ topic, messages: [{ value }] })
  console.log('sent')
} catch (e) {
  console.log(`${e.type} ${e.message}`)
}
await producer.disconnect()
