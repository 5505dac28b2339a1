import { thread } from 'fearless'

thread.spawn(() => 1 + 1)
