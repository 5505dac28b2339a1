import { thread } from 'fearless'

const own = {
  work: (): number => 1,
}
thread.spawn(own.work)
