/** All of the library. A worker loads it only when a thread needs it: many threads finish without it. */
import '../../index.ts'
