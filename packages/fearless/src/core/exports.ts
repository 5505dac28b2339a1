/** What the core offers to the layers above: the same list in every life. */
export { HANDLES, LOCKS, MESSAGES, WAITERS, allocate, nextThing, release, take as takeThing } from './alloc.ts'
export { adoptHandle, buryHandle, freeHandle, giveHandle, handOver, newHandle, sendHandle } from './handles.ts'
export { latch, unlatch } from './latch.ts'
export {
  deliver,
  enterQueue,
  hasWaiters,
  isInLine,
  leaveQueue,
  mendQueue,
  owe,
  pay,
  ring,
  takeReady,
  wakeAll,
  wakeOne,
} from './wait-queue.ts'
export {
  mutexAbandoned,
  mutexNumber,
  mutexSetBytes,
  mutexSetNumber,
  mutexTakeBytes,
  mutexTry,
  mutexUnlock,
} from './mutex.ts'
export {
  addSender,
  dropReceiver,
  dropReceiverHandle,
  endSender,
  freeChannel,
  hasMessage,
  newChannel,
  pushBytes,
  pushNumber,
  shareSender,
  take,
  taken,
} from './channel.ts'
export { awaitsSender, enterRendezvous, meetReceiver, meetSender, ownMessage } from './rendezvous.ts'
export {
  dropThreadOwner,
  finishThread,
  mendRunQueue,
  popThread,
  pushThread,
  spinForThread,
  spinWhile,
  unparkThread,
} from './run-queue.ts'
export { freeSlot, newSlot } from './slots.ts'
export { initDeque, popBottom, pushBottom, steal } from './deque.ts'
