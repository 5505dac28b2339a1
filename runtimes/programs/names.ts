// Each thread has its own name, id and thread-locals, which end with it.
import { thread, threadLocal } from 'fearless'

const visits = threadLocal(() => ({ count: 0 }))
const visit = () => thread.spawn(() => ++visits.value.count)
visits.value.count = 10
console.log(await visit().join(), await visit().join(), visits.value.count) //=> 1 1 10
console.log(
  await thread
    .builder({ name: 'parser' })
    .spawn(() => thread.current().name)
    .join(),
) //=> parser
const ids = [await thread.spawn(() => thread.current().id).join(), await thread.spawn(() => thread.current().id).join()]
console.log(new Set([thread.current().id, ...ids]).size) //=> 3
