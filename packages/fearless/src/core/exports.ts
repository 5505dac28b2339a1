/** What the core offers to the layers above: the same list in every life. */
export { HANDLES, LOCKS, WAITERS, allocate, nextThing, release, take as takeThing } from './alloc.ts'
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
export { mutexAbandoned, mutexNumber, mutexSetNumber, mutexTry, mutexUnlock } from './mutex.ts'
export {
  closeReceiving,
  dropChannelHandle,
  endReceiver,
  endSender,
  freeChannel,
  hasMessage,
  hasSharedMessage,
  isFull,
  newChannel,
  newQueue,
  pushBytes,
  pushNumber,
  reserve,
  shareReceiver,
  shareSender,
  shareWeak,
  spinForMessage,
  spinForRoom,
  take,
  takeShared,
  takeSurplus,
  taken,
  unreserve,
  upgradeSender,
  wakeLines,
} from './channel.ts'
export { awaitsSender, enterRendezvous, meetReceiver, meetSender, takeToken } from './rendezvous.ts'
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
export { closeOneshot, endOnceReceiver, endOnceSender, newOneshot, sendOnce, takeOnce } from './oneshot.ts'
export {
  broadcast,
  dropBroadcastHandle,
  endBroadcaster,
  hear,
  newBroadcast,
  passed,
  shareBroadcaster,
  subscribe,
  unsubscribe,
} from './broadcast.ts'
export { change, dropWatchHandle, endWatched, lastMessage, look, newWatch, unwatch, unwatched, watch } from './watch.ts'
export { newTimer, takeMoment, timerDue } from './timer.ts'
export { initDeque, popBottom, pushBottom, steal } from './deque.ts'
