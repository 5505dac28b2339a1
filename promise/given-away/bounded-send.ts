// An object is changed after it was sent through a bounded channel.
// refused by: check F0382, run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ tags: string[] }>(4)
const post = { tags: ['a'] }
await tx.send(post)
post.tags.push('b')
console.log((await rx.recv()).tags.length)
