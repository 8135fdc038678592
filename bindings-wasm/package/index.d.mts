export { Engine } from "./index.js";
