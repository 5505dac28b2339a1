import { thread } from 'fearless'

thread.spawn(() => ({ window: 1, document: 2 }).window)
