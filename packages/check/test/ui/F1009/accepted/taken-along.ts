import { move, thread } from 'fearless'

const title = document.title
thread.spawn(move(() => title.length))
