//! Lanes and policies: who starts, who is stopped, who wins, and why.
