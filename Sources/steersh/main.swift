print("steersh")
