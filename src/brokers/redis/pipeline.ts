// Many commands in one round trip, as one result.

/** A pipeline's replies, or the first error among them. */
export async function failingAsOne(results: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  return ((await results) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
