/** The functions that comlink's threads expose. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import * as comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import * as tasks from '../tasks.ts'

comlink.expose(
  {
    ...tasks,
    bumpMoved: (data: Float64Array) => comlink.transfer(tasks.bump(data), [data.buffer as ArrayBuffer]),
  },
  nodeEndpoint(parentPort as MessagePort),
)
