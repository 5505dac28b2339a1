import { thread } from 'fearless'

thread.spawn(() => new Image().width)
