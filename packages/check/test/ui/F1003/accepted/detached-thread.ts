import { thread } from 'fearless'

thread.spawn(() => console.log('on its own'))
