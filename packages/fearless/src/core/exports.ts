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
  nextObject,
  free,
  returnCaches,
  returnCachesIfScarce,
  allocateOfClass,
} from './alloc.ts'
export { returnRunOf } from './pages.ts'
export {
  adoptHandle,
  freeHandleOfDead,
  cloneOwner,
  freeLastOwner,
  dropOwner,
  freeHandle,
  packHandle,
  endPacking,
  upgradeOwner,
  newHandle,
  newOwner,
  markInTransit,
} from './handles.ts'
export { latch, unlatch } from './latch.ts'
export {
  wakeWaiter,
  registerWaiter,
  hasWaiters,
  isRegistered,
  unregisterWaiter,
  repairQueue,
  announceWakeUp,
  endAnnouncement,
  ringBell,
  takeReadyWaiters,
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
export { barrierRegister, barrierUnregister, barrierOpen, barrierPassed } from './barrier.ts'
export { startGeneration, removeOwnerUnlessLast, removeOwner, removeOnlyOwner } from './count.ts'
export { condvarWakeAll, condvarWakeOne, condvarWait } from './condvar.ts'
export { claimOnce, endClaim, dropClaimant, onceAbandoned, onceComplete, onceBegin } from './once.ts'
export { reentrantAbandoned, reentrantTry, reentrantUnlock } from './reentrant-mutex.ts'
export {
  acquireRegister,
  acquireUnregister,
  acquireTry,
  addPermits,
  closeSemaphore,
  dropPermit,
  isServed,
  mayAcquire,
  movePermits,
  completeTransferOfDead,
  serveQueue,
} from './semaphore.ts'
export { dropMember, isGroupDone, leaveGroup, shareMember } from './wait-group.ts'
export {
  mutexAbandoned,
  mutexNumber,
  mutexSetBytes,
  mutexSetNumber,
  mutexTakeBytes,
  mutexTry,
  mutexUnlock,
  spinForMutex,
} from './mutex.ts'
export { freeChannel, newChannel, newQueue } from './channel.ts'
export {
  downgrade,
  freeSeats,
  downgradeUpgradable,
  mayRead,
  mayReadUpgradable,
  mayUpgrade,
  mayWrite,
  readUnlock,
  readTry,
  rwAbandoned,
  rwHeld,
  rwInUse,
  wakeAdmitted,
  upgradableUnlock,
  upgradableTry,
  upgradeTry,
  writeUnlock,
  writeTry,
} from './rw-lock.ts'
export {
  closeReceiving,
  dropReceiver,
  dropSender,
  removeChannelHandle,
  shareReceiver,
  shareSender,
  shareWeak,
  upgradeSender,
  wakeAllQueues,
} from './channel-handles.ts'
export { endCollecting, isFull, pushBytes, pushNumber, reserve, spinForRoom, unreserve } from './channel-push.ts'
export {
  hasMessage,
  hasSharedMessage,
  spinForMessage,
  takeMessage,
  takeShared,
  takeSurplus,
  releaseBytes,
} from './channel-take.ts'
export { hasWaitingReceiver, registerRendezvous, sendToWaiter, receiveFromWaiter, receiveToken } from './rendezvous.ts'
export {
  dropThreadOwner,
  finishThread,
  repairRunQueue,
  popThread,
  pushThread,
  spinForThread,
  spinWhile,
  unparkThread,
  withdrawThread,
} from './run-queue.ts'
export { freeSlot, newSlot } from './slots.ts'
export { hashBytes, newNode, newTable, recountTable, tableAdd, tableFind, tableNext, tableRemove } from './table.ts'
export { freeVec, newVec } from './vecs.ts'
export {
  closeOneshot,
  dropOneshotReceiver,
  dropOneshotSender,
  newOneshot,
  sendOneshot,
  takeOneshot,
} from './oneshot.ts'
export {
  sendBroadcast,
  dropBroadcastHandle,
  dropBroadcaster,
  recvBroadcast,
  newBroadcast,
  unpinBroadcast,
  shareBroadcaster,
  subscribe,
  unsubscribe,
} from './broadcast.ts'
export {
  setWatched,
  dropWatchHandle,
  closeWatch,
  removeWatchHandle,
  borrowWatched,
  newWatch,
  dropWatchReceiver,
  unpinWatched,
  subscribeWatch,
} from './watch.ts'
export { newTimer, takeTick, timerDue } from './timer.ts'
export { initDeque, isEmptyDeque, popBottom, pushBottom, steal } from './deque.ts'
