import { thread } from 'fearless'

thread.spawn(() => eval('1 + 1') as number)
