// Tools and messages: a thread's name reaches the operating system, the error of a thread whose event loop ran dry
// names the cause, and a rejection with a listener in the program is not a panic.
import { existsSync, readFileSync } from 'node:fs'
import { thread } from 'fearless'

const OWN_NAME = '/proc/thread-self/comm'
const hasNames = existsSync(OWN_NAME)
const named = await thread
  .builder({ name: 'parser' })
  .spawn((file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : 'parser'), OWN_NAME)
const unnamed = await thread.spawn((file: string) => existsSync(file) && readFileSync(file, 'utf8').trim(), OWN_NAME)
console.log(named, hasNames ? unnamed : 'fearless worker')
//=> parser fearless worker

const dry = await thread
  .spawn(async () => {
    await new Promise<void>(() => {})
  })
  .catch((error: unknown) => (error as Error).message)
// Deno cannot distinguish an event loop that ran dry from `process.exit(0)`.
console.log(process.versions['deno'] !== undefined || /event loop had nothing left to do/.test(String(dry)))
//=> true
const exited = await thread.spawn(() => process.exit(0)).catch((error: unknown) => (error as Error).message)
console.log(/it called process\.exit\(0\)/.test(exited))
//=> true

const taken = await thread.spawn(async () => {
  const seen: string[] = []
  process.on('unhandledRejection', error => void seen.push(String(error)))
  void Promise.reject(new Error('taken'))
  await new Promise(resolve => setTimeout(resolve, 30))
  return seen
})
console.log(taken.join())
//=> Error: taken
