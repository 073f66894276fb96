//! Whether the house is built the way it says: who knows whom, one page and one file a rule, and documents that tell the truth.

mod documents;
mod imports;
