// The same class as `require("homeostat")` gives, so that an engine is an `Engine` whoever made it.
import homeostat from "./index.cjs";

export const { Engine } = homeostat;
