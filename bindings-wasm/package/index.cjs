"use strict";

const { Engine } = require("./dist/homeostat.js");

module.exports = { Engine };
