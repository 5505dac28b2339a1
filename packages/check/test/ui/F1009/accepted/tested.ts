import { thread } from 'fearless'

thread.spawn(() => (typeof document === 'undefined' ? '' : document.title))
