import { thread } from 'fearless'

document.title = String(await thread.spawn(() => 1).join())
