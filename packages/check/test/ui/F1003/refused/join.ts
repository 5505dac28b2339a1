import { thread } from 'fearless'

const handle = thread.spawn(() => 1)
handle.join()
