import { thread } from 'fearless'

class Log {
  static {
    console.log('declared')
  }
  static n = 1
}
thread.spawn(() => Log.n)
