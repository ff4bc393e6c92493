"""From facts to what is shown: words, shares and tones; neither ROS nor a browser."""
