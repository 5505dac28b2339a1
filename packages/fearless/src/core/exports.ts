/** The functions that the core offers to the layers above, the same in every backend. */
export {
  HANDLES,
  LOCKS,
  RW_LOCKS,
  SEMAPHORES,
  WAITERS,
  allocate,
  beginVisit,
  endVisit,
  isOfClass,
  nextThing,
  release,
  returnCaches,
  returnCachesIfScarce,
  take as takeThing,
} from './alloc.ts'
export { returnRunOf } from './pages.ts'
export {
  adoptHandle,
  buryHandle,
  cloneOwner,
  endLastOwner,
  endOwner,
  freeHandle,
  giveHandle,
  handOver,
  joinOwners,
  newHandle,
  newOwner,
  sendHandle,
} from './handles.ts'
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
  floatAdd,
  floatCompareExchange,
  floatLoad,
  floatMax,
  floatMin,
  floatStore,
  floatSwap,
  wordAdd,
  wordAddWithin,
  wordAnd,
  wordCompareExchange,
  wordLoad,
  wordMax,
  wordMin,
  wordNandWithin,
  wordOr,
  wordStore,
  wordSwap,
  wordXor,
} from './atomic.ts'
export { barrierEnter, barrierLeave, barrierOpen, barrierPassed } from './barrier.ts'
export { cutOff, leaveOwners, leftOwners, takeLast } from './count.ts'
export { condvarAll, condvarOne, condvarWait } from './condvar.ts'
export { claimOnce, endClaim, endClaimant, onceAbandoned, onceEnd, onceTry } from './once.ts'
export { reentrantAbandoned, reentrantTry, reentrantUnlock } from './reentrant-mutex.ts'
export {
  acquireEnter,
  acquireLeave,
  acquireTry,
  addPermits,
  closeSemaphore,
  endPermit,
  isServed,
  mayAcquire,
  movePermits,
  redoStep,
  serveLine,
} from './semaphore.ts'
export { endMember, isGroupDone, leaveGroup, shareMember } from './wait-group.ts'
export {
  mutexAbandoned,
  mutexNumber,
  mutexSetBytes,
  mutexSetNumber,
  mutexTakeBytes,
  mutexTry,
  mutexUnlock,
  mutexWatch,
} from './mutex.ts'
export { freeChannel, newChannel, newQueue } from './channel.ts'
export {
  downgrade,
  freeSeats,
  leaveUpgrade,
  mayRead,
  mayReadUpgradable,
  mayUpgrade,
  mayWrite,
  readEnd,
  readTry,
  rwAbandoned,
  rwHeld,
  rwInUse,
  settle,
  upgradableEnd,
  upgradableTry,
  upgradeTry,
  writeEnd,
  writeTry,
} from './rw-lock.ts'
export {
  closeReceiving,
  endReceiver,
  endSender,
  leaveChannel,
  shareReceiver,
  shareSender,
  shareWeak,
  upgradeSender,
  wakeLines,
} from './channel-ends.ts'
export { endCollecting, isFull, pushBytes, pushNumber, reserve, spinForRoom, unreserve } from './channel-push.ts'
export { hasMessage, hasSharedMessage, spinForMessage, take, takeShared, takeSurplus, taken } from './channel-take.ts'
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
  withdrawThread,
} from './run-queue.ts'
export { freeSlot, newSlot } from './slots.ts'
export { hashBytes, newNode, newTable, recount, tableAdd, tableFind, tableNext, tableRemove } from './table.ts'
export { freeVec, newVec } from './vecs.ts'
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
export { change, dropWatchHandle, endWatched, leaveWatch, look, newWatch, unwatch, unwatched, watch } from './watch.ts'
export { newTimer, takeMoment, timerDue } from './timer.ts'
export { initDeque, popBottom, pushBottom, steal } from './deque.ts'
