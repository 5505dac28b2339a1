/** The two number types of the core's language subset. AssemblyScript has the same names. */
type i32 = number
type f64 = number
