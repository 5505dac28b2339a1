import { thread } from 'fearless'

thread.spawn(() => document.title)
