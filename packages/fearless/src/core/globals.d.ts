/** The two number types of the core's language subset; AssemblyScript knows them by the same names. */
type i32 = number
type f64 = number
