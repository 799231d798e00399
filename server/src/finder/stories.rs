//! Finding told as stories.
