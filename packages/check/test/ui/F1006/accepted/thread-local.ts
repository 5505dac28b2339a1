import { thread, threadLocal } from 'fearless'

const level = threadLocal(() => 0)
thread.spawn(() => level.value)
