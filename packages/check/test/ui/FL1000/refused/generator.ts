import { thread } from 'fearless'

thread.spawn(function* () {
  yield 1
} as unknown as () => number)
