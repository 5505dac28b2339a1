import { thread } from 'fearless'

thread.spawn(() => alert('hi'))
